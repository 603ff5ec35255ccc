/** Leads the links of a proxied page back under the path that it was reached by: `/style.css` → `<prefix>/style.css`. */
import { Transform } from "node:stream";

/** Attributes that hold an address, by tag. */
const linking: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};
/** What stands inside is no markup. */
const raw = new Set(["script", "style", "textarea", "title"]);
/** A tag longer than this passes as it is. */
const longestTag = 64 * 1024;

export interface LinkOrigin {
  /** `http://10.1.2.3:80`: what the page may call itself. */
  own: string;
  prefix: string;
}

/** A page goes through in pieces; only an unfinished tag is held back. */
export function linkRewriter(origin: LinkOrigin): Transform {
  let held = "";
  let inside = "";
  const advance = (text: string, last: boolean): string => {
    let out = "";
    let at = 0;
    const lower = text.toLowerCase();
    while (at < text.length) {
      const next = inside ? lower.indexOf(`</${inside}`, at) : text.indexOf("<", at);
      if (next < 0) {
        // The end of a raw element may be cut in two.
        const keep = inside && !last ? Math.max(at, text.length - inside.length - 1) : text.length;
        held = text.slice(keep);
        return out + text.slice(at, keep);
      }
      const end = endOfTag(text, next);
      if (end < 0 && !last && text.length - next < longestTag) {
        held = text.slice(next);
        return out + text.slice(at, next);
      }
      const stop = end < 0 ? text.length : end;
      const tag = text.slice(next, stop);
      out += text.slice(at, next) + (inside ? tag : rewriteTag(tag, origin));
      const name = /^<([a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase() ?? "";
      inside = inside ? "" : raw.has(name) && !tag.endsWith("/>") ? name : "";
      at = stop;
    }
    return out;
  };
  return new Transform({
    // Latin-1 keeps every byte as it came: markup is ASCII whatever the page is written in.
    transform(chunk: Buffer, _encoding, done) {
      const text = held + chunk.toString("latin1");
      held = "";
      done(null, Buffer.from(advance(text, false), "latin1"));
    },
    flush(done) {
      const text = held;
      held = "";
      done(null, Buffer.from(advance(text, true), "latin1"));
    },
  });
}

/** Behind the `>` that closes the tag at `from`, quotes and comments honoured; -1 when it is not there yet. */
function endOfTag(text: string, from: number): number {
  if (text.startsWith("<!--", from)) {
    const end = text.indexOf("-->", from + 4);
    return end < 0 ? -1 : end + 3;
  }
  let quote = "";
  for (let at = from + 1; at < text.length; at++) {
    const letter = text[at]!;
    if (quote) {
      if (letter === quote) quote = "";
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === ">") return at + 1;
  }
  return -1;
}

function rewriteTag(tag: string, origin: LinkOrigin): string {
  const name = /^<([a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase();
  const attributes = name && Object.hasOwn(linking, name) ? linking[name]! : [];
  if (attributes.length === 0) return tag;
  return tag.replace(
    /(\s)([a-z]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/gi,
    (whole, space: string, key: string, equals: string, value: string) => {
      if (!attributes.includes(key.toLowerCase())) return whole;
      const quote = value[0] === '"' || value[0] === "'" ? value[0] : "";
      const link = quote ? value.slice(1, -1) : value;
      return `${space}${key}${equals}${quote}${ledBack(link, origin)}${quote}`;
    },
  );
}

/** An address on the target itself becomes one below our path; any other stays. */
export function ledBack(link: string, { own, prefix }: LinkOrigin): string {
  const path = link === own || link.startsWith(`${own}/`) ? link.slice(own.length) || "/" : link;
  if (!path.startsWith("/") || path.startsWith("//") || path === prefix || path.startsWith(`${prefix}/`)) return link;
  return `${prefix}${path}`;
}
