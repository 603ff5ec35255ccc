/** What may stand in a path of the distribution API: names of repositories, tags and digests. */
import { createHash, type Hash } from "node:crypto";
import { Refusal } from "./refusal.ts";

const longestName = 255;
const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const nameForm = new RegExp(`^${part}(?:/${part})*$`);
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestForm = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

export const isName = (text: string): boolean => text.length <= longestName && nameForm.test(text);
export const isTag = (text: string): boolean => tagForm.test(text);
export const isDigest = (text: string): boolean => digestForm.test(text);

/** Throws DIGEST_INVALID when it is of another form, or of another algorithm than sha256 and sha512. */
export function readDigest(text: string | null | undefined): string {
  if (text && isDigest(text)) return text;
  throw new Refusal("DIGEST_INVALID", `digest ${JSON.stringify(text ?? "")}: sha256: or sha512: and as many hexadecimal digits are needed`);
}

export const algorithmOf = (digest: string): string => digest.slice(0, digest.indexOf(":"));

/** Computes a digest of the same algorithm. */
export const hasherLike = (digest: string): Hash => createHash(algorithmOf(digest));

export const digestOf = (bytes: Buffer, like = "sha256:"): string => `${algorithmOf(like)}:${hasherLike(like).update(bytes).digest("hex")}`;
