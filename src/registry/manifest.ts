/** What a manifest says: pure. */
import { isDigest } from "./names.ts";
import { Refusal } from "./refusal.ts";

export const mostManifestBytes = 4 * 1024 * 1024;

export const indexType = "application/vnd.oci.image.index.v1+json";
const imageTypes = new Set(["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"]);
const listTypes = new Set([indexType, "application/vnd.docker.distribution.manifest.list.v2+json"]);

export const manifestTypes: readonly string[] = [...imageTypes, ...listTypes];

export interface Manifest {
  type: string;
  /** Digests of blobs that must be there. */
  blobs: string[];
  /** Digests of blobs that may be elsewhere: layers that are not to be distributed. */
  foreign: string[];
  /** Digests of manifests that an index leads to. */
  manifests: string[];
  /** The manifest that it is about, which may be yet to come. */
  subject?: string;
  /** As the list of referrers shows it. */
  artifactType?: string;
  annotations?: Record<string, string>;
}

interface Descriptor {
  mediaType?: unknown;
  digest?: unknown;
  size?: unknown;
}

interface Document {
  schemaVersion?: unknown;
  mediaType?: unknown;
  config?: Descriptor;
  layers?: unknown;
  manifests?: unknown;
  subject?: Descriptor;
  artifactType?: unknown;
  annotations?: unknown;
}

const invalid = (message: string): Refusal => new Refusal("MANIFEST_INVALID", message);

/** `contentType`: the header that it came with. Throws MANIFEST_INVALID. */
export function readManifest(bytes: Buffer, contentType: string | undefined): Manifest {
  let document: Document;
  try {
    document = JSON.parse(bytes.toString("utf8")) as Document;
  } catch (cause) {
    throw new Refusal("MANIFEST_INVALID", "the manifest is not JSON", { cause });
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw invalid("the manifest is not an object");
  const type = typeOf(document, contentType?.split(";")[0]?.trim().toLowerCase());
  if (document.schemaVersion !== 2) throw invalid("schemaVersion: 2 is needed");
  const common = {
    type,
    ...(document.subject === undefined || document.subject === null ? {} : { subject: digestIn(document.subject, "subject") }),
    ...(isTexts(document.annotations) ? { annotations: document.annotations } : {}),
  };
  const artifactType = typeof document.artifactType === "string" && document.artifactType !== "" ? document.artifactType : undefined;
  if (listTypes.has(type)) {
    const manifests = listIn(document.manifests, "manifests").map((entry, at) => digestIn(entry, `manifests[${at}]`));
    return { ...common, blobs: [], foreign: [], manifests, ...(artifactType ? { artifactType } : {}) };
  }
  const layers = listIn(document.layers, "layers").map((entry, at) => ({
    digest: digestIn(entry, `layers[${at}]`),
    foreign: /nondistributable|\.foreign\./.test(String(entry.mediaType)),
  }));
  const config = document.config ?? {};
  const shown = artifactType ?? (typeof config.mediaType === "string" ? config.mediaType : undefined);
  return {
    ...common,
    blobs: [digestIn(config, "config"), ...layers.filter(({ foreign }) => !foreign).map(({ digest }) => digest)],
    foreign: layers.filter(({ foreign }) => foreign).map(({ digest }) => digest),
    manifests: [],
    ...(shown ? { artifactType: shown } : {}),
  };
}

function typeOf({ mediaType }: Document, contentType: string | undefined): string {
  if (mediaType !== undefined && typeof mediaType !== "string") throw invalid("mediaType: a text is needed");
  const type = mediaType || contentType || "";
  if (mediaType && contentType && contentType !== mediaType)
    throw invalid(`mediaType is ${mediaType}, and the header Content-Type says ${contentType}`);
  if (!manifestTypes.includes(type)) throw invalid(`media type ${JSON.stringify(type)}: this registry takes ${manifestTypes.join(", ")}`);
  return type;
}

function listIn(value: unknown, field: string): Descriptor[] {
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== "object" || entry === null))
    throw invalid(`${field}: a list of descriptors is needed`);
  return value as Descriptor[];
}

function digestIn({ digest }: Descriptor, field: string): string {
  if (typeof digest === "string" && isDigest(digest)) return digest;
  throw invalid(`${field}: a digest of sha256 or sha512 is needed`);
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every((text) => typeof text === "string");
