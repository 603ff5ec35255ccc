export { parseYaml, splitDocuments, writeYaml, type YamlDocument, YamlError } from "./yaml.ts";
