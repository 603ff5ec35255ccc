/** In which forms an answer can be had. */
import type { Answer, ResourceCall } from "../request/call.ts";
import type { Media, Offer, View } from "./negotiate.ts";

/** Custom kinds have no protobuf form; their tables and metadata have. */
const customMedia: Media[] = ["json", "yaml"];

export function offerOf(answer: Exclude<Answer, { kind: "taken" | "bytes" }>): Offer {
  const whole = answer.definition?.schema.structural === undefined ? undefined : customMedia;
  return { views: viewsOf(answer), stream: answer.kind === "watch", watchable: answer.kind === "list", whole };
}

/** In which forms a request can be answered at all. */
export function offerFor({ definition, info }: Pick<ResourceCall, "definition" | "info">): Offer {
  const whole = definition.schema.structural === undefined ? undefined : customMedia;
  return { views: ["table", "partial", "partialList"], watchable: info.verb === "list", whole };
}

function viewsOf(answer: Answer): View[] {
  switch (answer.kind) {
    case "list":
      return ["table", "partialList", "partial"];
    case "record":
      return ["table", "partial", "partialList"];
    case "watch":
      return ["table", "partial"];
    case "object":
      return answer.definition ? ["table", "partial"] : answer.object.kind === "Status" ? ["table", "partial", "partialList"] : [];
    default:
      return [];
  }
}
