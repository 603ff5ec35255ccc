/** Whether a pattern of registries, as credentials are kept under, is meant for an image: `*.example.com:5000/team`. Pure. */
import { RE2JS } from "re2js";

export interface RegistryUrl {
  /** Of the host's name, by its dots. */
  parts: string[];
  port: string;
  path: string;
}

/** Of a URL without a scheme. Throws, in the words of Go's parser, what cannot be one. */
export function parseRegistry(text: string): RegistryUrl {
  const fault = (why: string) => new Error(`parse ${JSON.stringify(`https://${text}`)}: ${why}`);
  const plain = text.split(/[#?]/)[0]!;
  const slash = plain.indexOf("/");
  const authority = slash < 0 ? plain : plain.slice(0, slash);
  const path = slash < 0 ? "" : plain.slice(slash);
  const odd = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(plain)?.[0];
  if (odd !== undefined) throw fault(`invalid URL escape ${JSON.stringify(odd)}`);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const wrong = /[\s\\^`{|}]/.exec(host)?.[0];
  if (wrong !== undefined) throw fault(`invalid character ${JSON.stringify(wrong)} in host name`);
  const colon = host.lastIndexOf(":");
  const isIPv6 = host.startsWith("[");
  const end = isIPv6 ? host.indexOf("]") : -1;
  if (isIPv6 && end < 0) throw fault("missing ']' in host");
  const rest = isIPv6 ? host.slice(end + 1) : colon < 0 ? "" : host.slice(host.indexOf(":"));
  if (rest !== "" && !/^:\d*$/.test(rest)) throw fault(`invalid port ${JSON.stringify(rest)} after host`);
  const name = rest === "" ? host : host.slice(0, -rest.length);
  return { parts: (isIPv6 && rest !== "" ? name.slice(1, -1) : name).split("."), port: rest.slice(1), path: decoded(path) };
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** Globs stand for parts of the host's name, each for itself; the pattern's path begins the image's, and ports are the same. */
export function matchesRegistry(pattern: string, image: string): boolean {
  let glob: RegistryUrl;
  let target: RegistryUrl;
  try {
    glob = parseRegistry(pattern);
    target = parseRegistry(image);
  } catch {
    return false;
  }
  if (glob.port !== target.port || glob.parts.length !== target.parts.length || !target.path.startsWith(glob.path)) return false;
  return glob.parts.every((part, at) => matchesGlob(part, target.parts[at]!));
}

/** As Go's `filepath.Match` has it; a glob that is none matches nothing. */
function matchesGlob(glob: string, text: string): boolean {
  if (!/[*?[\\]/.test(glob)) return glob === text;
  let pattern = "";
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    if (char === "*") pattern += "[^/]*";
    else if (char === "?") pattern += "[^/]";
    else if (char === "[") {
      const end = glob.indexOf("]", at + 2);
      if (end < 0) return false;
      pattern += glob.slice(at, end + 1);
      at = end;
    } else pattern += RE2JS.quote(char === "\\" ? (glob[++at] ?? "") : char);
  }
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL).matches(text);
  } catch {
    return false;
  }
}
