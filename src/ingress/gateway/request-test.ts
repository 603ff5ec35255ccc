/** What a match of a rule asks of a request. */
import type { RE2JS } from "re2js";
import { prefixOf } from "../routes/path.ts";

export type PathTest =
  | { kind: "exact"; value: string }
  /** Without its closing slash. */
  | { kind: "prefix"; value: string }
  | { kind: "pattern"; pattern: RE2JS };

export interface ValueTest {
  /** Of a header in lower case. */
  name: string;
  is: string | RE2JS;
}

/** All of it must be so. */
export interface Test {
  path: PathTest;
  method: string | undefined;
  headers: ValueTest[];
  query: ValueTest[];
  /** Of a GRPCRoute: characters of the service and of the method. */
  weight?: [service: number, method: number];
}

export const prefixTest = (value: string): PathTest => ({ kind: "prefix", value: prefixOf(value) });
