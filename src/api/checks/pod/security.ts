/** As whom containers run, and what they may. */
import { checkId } from "#codec/mod.ts";
import { SeccompProfile, SecurityContext } from "../../core/pod/security-context.ts";
import type { AnyObject } from "../../rules.ts";
import { internalShape } from "../internal-shape.ts";
import { relativePath } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { validateWindowsOptions } from "./windows.ts";

export function validateSecurityContext(context: AnyObject | undefined, at: string, hostUsers: boolean, problems: Problems): void {
  if (!context) return;
  for (const key of ["runAsUser", "runAsGroup"])
    if (context[key] !== undefined) problems.invalids(`${at}.${key}`, context[key], checkId(context[key]));
  if (context.procMount !== undefined) {
    if (!["Default", "Unmasked"].includes(context.procMount))
      problems.notSupported(`${at}.procMount`, context.procMount, ["Default", "Unmasked"]);
    if (hostUsers && context.procMount === "Unmasked")
      problems.invalid(`${at}.procMount`, context.procMount, "`hostUsers` must be false to use `Unmasked`");
  }
  validateSeccomp(context.seccompProfile, `${at}.seccompProfile`, problems);
  if (context.allowPrivilegeEscalation === false) {
    const shown = internalShape(SecurityContext, context);
    if (context.privileged) problems.invalid(at, shown, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN"))
      problems.invalid(at, shown, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
  }
  validateWindowsOptions(context.windowsOptions, `${at}.windowsOptions`, problems);
  validateAppArmor(context.appArmorProfile, `${at}.appArmorProfile`, problems);
}

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

export function validateSeccomp(profile: AnyObject | undefined, at: string, problems: Problems): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  if (!type) problems.required(`${at}.type`, "type is required when seccompProfile is set");
  else if (!profileTypes.includes(type)) problems.notSupported(`${at}.type`, type, profileTypes);
  const where = `${at}.localhostProfile`;
  if (type !== "Localhost") {
    if (localhostProfile !== undefined)
      problems.invalid(where, internalShape(SeccompProfile, profile), "can only be set when seccomp type is Localhost");
  } else if (localhostProfile === undefined) problems.required(where, "must be set when seccomp type is Localhost");
  else relativePath(localhostProfile, where, problems);
}

/** The longest path of Linux, without its end. */
const maxArmorProfile = 4095;

export function validateAppArmor(profile: AnyObject | undefined, at: string, problems: Problems): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const where = `${at}.localhostProfile`;
  if (!type) problems.required(`${at}.type`, "type is required when appArmorProfile is set");
  else if (!profileTypes.includes(type)) problems.notSupported(`${at}.type`, type, profileTypes);
  else if (type !== "Localhost") {
    if (localhostProfile !== undefined) problems.invalid(where, localhostProfile, "can only be set when AppArmor type is Localhost");
  } else if (localhostProfile === undefined || localhostProfile === "")
    problems.required(where, "must be set when AppArmor type is Localhost");
  else {
    if (localhostProfile.trim() !== localhostProfile) problems.invalid(where, localhostProfile, "must not be padded with whitespace");
    if (Buffer.byteLength(localhostProfile) > maxArmorProfile) problems.tooLong(where, maxArmorProfile);
  }
}
