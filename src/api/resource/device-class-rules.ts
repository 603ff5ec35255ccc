/** What the server knows of DeviceClass: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import type { DeviceClass } from "./device-class.ts";

export const deviceClassRules = rules<DeviceClass>({
  deletion: { answers: "object" },
});
