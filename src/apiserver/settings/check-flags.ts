/** Tries flags and their files before a server is started with them: what is wrong is said to whoever asks for it. */

import { readText } from "#api/mod.ts";
import { silentLog, systemClock, systemRandom } from "#base/mod.ts";
import { readPolicy } from "../audit/policy.ts";
import { openAuthentication } from "../authn/assemble.ts";
import { ConfiguredAuthorizers } from "../authz/configured/assemble.ts";
import { readEncryption } from "../encryption/check.ts";
import { readAdmissionConfig } from "./admission-config.ts";
import { checkEgress } from "./egress.ts";
import { readFlags, settledFlags } from "./flags.ts";
import { portTls } from "./port-tls.ts";

const nobody = { authorize: () => ({ allowed: false }) };

/** The flags with files named from the root. Rejects with what cannot be used. */
export async function checkFlags(words: readonly string[], folder: string): Promise<string[]> {
  const settled = settledFlags(words, folder);
  const flags = readFlags(settled);
  portTls(settled);
  if (flags["egress-selector-config-file"]) checkEgress(flags["egress-selector-config-file"]);
  if (flags["admission-control-config-file"]) readAdmissionConfig(flags["admission-control-config-file"]);
  const parts = { flags, clock: systemClock, random: systemRandom, log: silentLog };
  const authentication = await openAuthentication({ ...parts, own: [], audiences: [], issuers: [] });
  authentication.close();
  const authorizers = new ConfiguredAuthorizers({ ...parts, node: nobody, rbac: nobody });
  try {
    await authorizers.start();
  } finally {
    authorizers.close();
  }
  const encryption = flags["encryption-provider-config"];
  if (encryption) readEncryption(encryption);
  const policy = flags["audit-policy-file"];
  if (policy) readPolicy(readText(policy), () => {});
  return settled;
}
