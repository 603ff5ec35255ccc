/** The path of a request as it is compared with those of Ingresses. Pure. */

/**
 * Percent-decoded, without dot segments and doubled slashes, so that no spelling of a path goes by a rule that another
 * spelling obeys; what is sent on stays as the client wrote it. Undefined: it is no path, or leads above the root.
 */
export function comparablePath(raw: string): string | undefined {
  if (raw.charCodeAt(0) !== slash) return undefined;
  // Nearly all paths need none of this.
  if (!/%|\/\/|\/\./.test(raw)) return raw;
  const decoded = decode(raw);
  if (decoded === undefined) return undefined;
  const parts: string[] = [];
  const given = decoded.split("/");
  for (const part of given.slice(1)) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  const last = given.at(-1);
  const isFolder = parts.length > 0 && (last === "" || last === "." || last === "..");
  return `/${parts.join("/")}${isFolder ? "/" : ""}`;
}

const slash = 0x2f;

/** Bytes that are no UTF-8 are compared as they were written. */
function decode(raw: string): string | undefined {
  if (!raw.includes("%")) return raw;
  if (/%(?![0-9a-fA-F]{2})|%00/.test(raw)) return undefined;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

/** A Prefix without its closing slash, which does not count: `/` is the empty one. */
export const prefixOf = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);
