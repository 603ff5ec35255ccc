/** What an Ingress asks for beyond hosts and paths. */
import type { Patience } from "../http/call.ts";

export interface Options {
  patience: Patience;
  /** 0: no limit. */
  mostBodyBytes: number;
}

export const plainOptions: Options = {
  patience: { connectMs: 5000, readMs: 60_000, sendMs: 60_000 },
  mostBodyBytes: 0,
};
