/** The filter CORS: what browsers are told of who may ask from another origin. Pure. */
import type { Fields } from "../http/head.ts";
import type { Request } from "../http/message.ts";
import { valueNamed } from "../proxy/rules.ts";
import type { CorsFilter } from "./kinds.ts";

/** What a backend says of it itself does not count where there is the filter; in lower case. */
const own = "access-control-";
const defaultMaxAge = 5;

/** The fields of the answer to a browser that asks first. Undefined: the request is no such question. */
export function preflightOf(cors: CorsFilter, { method, fields }: Request): Fields | undefined {
  const asked = valueNamed(fields, "access-control-request-method");
  if (method !== "OPTIONS" || asked === undefined) return undefined;
  const origin = originFields(cors, fields);
  if (!origin) return [];
  const list = (name: string, values: readonly string[] | undefined, ofRequest: string | undefined): Fields => {
    // A star means itself to browsers that send credentials: what was asked for is named instead.
    const text = values?.includes("*") ? ofRequest : values?.join(", ");
    return text ? [name, text] : [];
  };
  return [
    ...origin,
    ...list("Access-Control-Allow-Methods", cors.allowMethods, asked),
    ...list("Access-Control-Allow-Headers", cors.allowHeaders, valueNamed(fields, "access-control-request-headers")),
    ...exposed(cors),
    "Access-Control-Max-Age",
    String(cors.maxAge ?? defaultMaxAge),
  ];
}

/** The fields of an answer to a request with these fields. */
export function withCors(cors: CorsFilter, request: Fields, answer: Fields): Fields {
  const kept: Fields = [];
  for (let at = 0; at < answer.length; at += 2) if (!answer[at]!.toLowerCase().startsWith(own)) kept.push(answer[at]!, answer[at + 1]!);
  const origin = originFields(cors, request);
  return origin ? [...kept, ...origin, ...exposed(cors)] : kept;
}

const exposed = ({ exposeHeaders: names = [], allowCredentials }: CorsFilter): Fields => {
  const plain = names.filter((name) => name !== "*" || !allowCredentials);
  return plain.length > 0 ? ["Access-Control-Expose-Headers", plain.join(", ")] : [];
};

/** Undefined: the origin is not among those that may, or there is none. */
function originFields({ allowOrigins = [], allowCredentials }: CorsFilter, request: Fields): Fields | undefined {
  const origin = valueNamed(request, "origin");
  if (origin === undefined) return undefined;
  const isAny = allowOrigins.includes("*");
  if (!isAny && !allowOrigins.some((each) => isOrigin(each, origin))) return undefined;
  if (isAny && !allowCredentials) return ["Access-Control-Allow-Origin", "*"];
  const fields = ["Access-Control-Allow-Origin", origin, "Vary", "Origin"];
  return allowCredentials ? [...fields, "Access-Control-Allow-Credentials", "true"] : fields;
}

/** A star stands for one label or more: `https://*.example.com`. */
function isOrigin(known: string, origin: string): boolean {
  const star = known.indexOf("*");
  if (star < 0) return known === origin;
  const [before, after] = [known.slice(0, star), known.slice(star + 1)];
  const middle = origin.slice(before.length, origin.length - after.length);
  return origin.startsWith(before) && origin.endsWith(after) && /^[A-Za-z0-9.-]+$/.test(middle);
}
