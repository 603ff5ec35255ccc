/** What a describer is: from an object and what the server knows around it to a page. */
import type { KObject } from "../print/values.ts";
import { Outline } from "./outline.ts";

/** What else the server knows about the object; a describer asks only for what it needs. */
export interface Around {
  nowMs: number;
  events?: KObject[];
  /** All objects of a resource in the object's namespace (or everywhere), narrowed by selectors. */
  list(resource: string, options?: { namespace?: string; labelSelector?: string; fieldSelector?: string }): Promise<KObject[]>;
  get(resource: string, at: { namespace?: string; name: string }): Promise<KObject | undefined>;
}

export type Describer = (object: KObject, around: Around) => Promise<string>;

export const page =
  (write: (out: Outline, object: KObject, around: Around) => void | Promise<void>): Describer =>
  async (object, around) => {
    const out = new Outline(around.nowMs);
    await write(out, object, around);
    return out.end();
  };
