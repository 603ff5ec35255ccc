/** GRPCRoutes: their rules are those of HTTPRoutes to the paths `/service/method`. Pure. */
import type { GrpcMatch, GrpcRule } from "./kinds.ts";
import { type PathTest, prefixTest, type Test } from "./request-test.ts";
import { headerTests, patternOf, Unsupported } from "./rules.ts";

/** Throws Unsupported. */
export function grpcTests({ matches }: GrpcRule): Test[] {
  return (matches?.length ? matches : [{}]).map(testOf);
}

function testOf({ method, headers = [] }: GrpcMatch): Test {
  const { type = "Exact", service = "", method: name = "" } = method ?? {};
  if (type !== "Exact" && type !== "RegularExpression") throw new Unsupported(`method match of type ${type}`);
  return {
    path: type === "Exact" ? exactPath(service, name) : { kind: "pattern", pattern: patternOf(`/${service || any}/${name || any}`) },
    method: "POST",
    headers: headerTests(headers),
    query: [],
    // More characters of the service are asked first, then more of the method.
    weight: [service.length, name.length],
  };
}

const any = "[^/]+";

function exactPath(service: string, method: string): PathTest {
  if (service && method) return { kind: "exact", value: `/${service}/${method}` };
  if (service) return prefixTest(`/${service}`);
  return method ? { kind: "pattern", pattern: patternOf(`/${any}/${method}`) } : prefixTest("/");
}
