/** Names of images: which there can be, and what one without a registry or a tag means. Pure. */

/** `busybox` → `docker.io/library/busybox:latest`. */
export function withTag(image: string): string {
  const first = image.split("/")[0]!;
  const hasHost = image.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  const full = hasHost ? image : image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
  return full.includes("@") || full.lastIndexOf(":") > full.lastIndexOf("/") ? full : `${full}:latest`;
}

const namePart = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

export function isImageName(image: string): boolean {
  const match = /^(.+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$/.exec(image);
  if (!match) return false;
  const parts = match[1]!.split("/");
  const host = parts.length > 1 && /[.:]|^localhost$/.test(parts[0]!) ? parts.shift()! : undefined;
  if (host !== undefined && !/^[a-zA-Z0-9.-]+(:\d+)?$/.test(host)) return false;
  return parts.length > 0 && parts.every((part) => namePart.test(part));
}

/** With its registry, without tag and digest. */
export function repositoryOf(image: string): string {
  const named = withTag(image).split("@")[0]!;
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/") ? named.slice(0, colon) : named;
}
