/** Credentials of registries, by where they are meant for: for an image all that fit, the most particular first. Pure. */
import { matchesRegistry, parseRegistry } from "./registry-match.ts";

/** Of a registry, as its own file or Secret says it. */
export interface Login {
  username: string;
  password: string;
}

/** Who vouches for credentials: absent, they are the whole node's. */
export interface CredentialSource {
  secret?: ObjectOf;
  serviceAccount?: ObjectOf;
}

export interface ObjectOf {
  uid: string;
  namespace: string;
  name: string;
}

export interface Credential extends Login {
  source?: CredentialSource | undefined;
}

const defaultHost = "index.docker.io";

export class Keyring {
  /** Host, with a path where there is one → in the order in which they came. */
  readonly #byPlace = new Map<string, Credential[]>();

  add(logins: Readonly<Record<string, Login>>, source: CredentialSource | undefined): void {
    for (const [place, { username, password }] of Object.entries(logins)) {
      const key = keyOf(place);
      if (key === undefined) continue;
      const all = this.#byPlace.get(key) ?? [];
      this.#byPlace.set(key, [...all, { username, password, ...(source ? { source } : {}) }]);
    }
  }

  /** `image`: with its registry, without tag and digest. */
  lookup(image: string): Credential[] {
    const places = [...this.#byPlace.keys()].sort((a, b) => (a < b ? 1 : -1));
    const found = places.filter((place) => matchesRegistry(place, image)).flatMap((place) => this.#byPlace.get(place)!);
    if (found.length > 0) return found;
    return isOfDefaultRegistry(image) ? (this.#byPlace.get(defaultHost) ?? []) : [];
  }
}

/** The versions of registries' interfaces stand for the whole registry. Undefined: it is none. */
function keyOf(place: string): string | undefined {
  const plain = place.replace(/^https?:\/\//, "");
  try {
    parseRegistry(plain);
  } catch {
    return undefined;
  }
  const slash = plain.search(/[/?#]/);
  const host = slash < 0 ? plain : plain.slice(0, slash);
  const path = (slash < 0 ? "" : plain.slice(slash)).split(/[?#]/)[0]!;
  const effective = /^\/v[12]\//.test(path) ? path.slice(3) : path;
  return effective === "" || effective === "/" ? host : `${host}${effective}`;
}

function isOfDefaultRegistry(image: string): boolean {
  const [first = "", ...rest] = image.split("/");
  if (first === "") return false;
  return rest.length === 0 || first === "docker.io" || first === defaultHost || !/[.:]/.test(first);
}
