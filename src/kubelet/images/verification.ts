/** Which images that are here a pod may have only if it could have pulled them, by the words of a KubeletConfiguration. Pure. */
import { isImageName } from "./names.ts";
import { type Verification, withoutTag } from "./pull-records.ts";

export const usualPolicy = "NeverVerifyPreloadedImages";
const allowlistPolicy = "NeverVerifyAllowlistedImages";

/** Throws, in upstream's words, what is wrong with them. */
export function verificationOf(policy: string, allowlist: readonly string[] | undefined): Verification {
  if (allowlist && allowlist.length > 0 && policy !== allowlistPolicy)
    throw new Error(
      `invalid configuration: can't set \`preloadedImagesVerificationAllowlist\` if \`imagePullCredentialsVertificationPolicy\` is not "${allowlistPolicy}"`,
    );
  switch (policy) {
    case "NeverVerify":
      return () => false;
    case usualPolicy:
      return (_, pulledHere) => pulledHere;
    case "AlwaysVerify":
      return () => true;
    case allowlistPolicy: {
      const patterns = (allowlist ?? []).map(patternOf);
      return (image) => !patterns.some((isMeant) => isMeant(withoutTag(image)));
    }
    default:
      throw new Error(
        `invalid configuration: option ${JSON.stringify(policy)} specified for imagePullCredentialsVerificationPolicy. ` +
          `Valid options are "NeverVerify", "${usualPolicy}", "${allowlistPolicy}" or "AlwaysVerify"`,
      );
  }
}

function patternOf(pattern: string): (image: string) => boolean {
  const fault = (why: string) =>
    new Error(`invalid configuration: invalid image pattern in \`preloadedImagesVerificationAllowlist\`: ${why}`);
  if (pattern !== pattern.trim()) throw fault(`leading/trailing spaces are not allowed: ${pattern}`);
  const isPrefix = pattern.endsWith("/*");
  const plain = isPrefix ? pattern.slice(0, -1) : pattern;
  if (plain.length === 0) throw fault(`the supplied pattern is too short: ${pattern}`);
  if (plain.includes("*")) throw fault(`not a valid wildcard pattern, only patterns ending with '/*' are allowed: ${pattern}`);
  if (isPrefix && plain.length === 1) throw fault("at least registry hostname is required");
  if (isPrefix) return (image) => image.startsWith(plain);
  if (!isImageName(plain)) throw fault("failed to parse as an image name: invalid reference format");
  if (withoutTag(plain) !== plain) throw fault(`neither tag nor digest is accepted in an image reference: ${pattern}`);
  return (image) => image === plain;
}
