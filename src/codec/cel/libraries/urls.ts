/** `url("https://a/b").getHost()` and its like. */
import { declare, member, overload } from "../declare.ts";
import { boolType, listOf, mapOf, objectOf, stringType } from "../types.ts";
import { CelObject, Fault } from "../value.ts";
import { escapedPath, type GoUrl, hostname, parseRequestUrl, parseUrl, port, query, UrlError } from "./go-url.ts";

const type = objectOf("kubernetes.URL");

class Url extends CelObject {
  readonly typeName = type.name;
  readonly url: GoUrl;
  constructor(url: GoUrl) {
    super();
    this.url = url;
  }
  equals(other: unknown): boolean {
    return other instanceof Url && other.url.text === this.url.text;
  }
}

function read(text: string): Url {
  try {
    parseRequestUrl(text);
    return new Url(parseUrl(text));
  } catch (error) {
    if (error instanceof UrlError) throw new Fault(`URL parse error during conversion from string: ${error.message}`);
    throw error;
  }
}

/** What is wrong with it; undefined for a URL. */
export function urlProblem(text: string): string | undefined {
  try {
    parseRequestUrl(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const part = (name: string, id: string, of: (url: GoUrl) => string) =>
  declare(
    name,
    member(id, [type], stringType, ({ url }: Url) => of(url)),
  );

export const urls = [
  declare("url", overload("string_to_url", [stringType], type, read)),
  part("getScheme", "url_get_scheme", ({ scheme }) => scheme),
  part("getHost", "url_get_host", ({ host }) => host),
  part("getHostname", "url_get_hostname", hostname),
  part("getPort", "url_get_port", port),
  part("getEscapedPath", "url_get_escaped_path", escapedPath),
  declare(
    "getQuery",
    member("url_get_query", [type], mapOf(stringType, listOf(stringType)), ({ url }: Url) => query(url)),
  ),
  declare(
    "isURL",
    overload("is_url_string", [stringType], boolType, (text: string) => urlProblem(text) === undefined),
  ),
];
