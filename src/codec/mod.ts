export { goJson } from "./go-json.ts";
export {
	GoTemplateError,
	type GoTemplateOptions,
	goPrint,
	goTemplate,
} from "./go-template.ts";
export {
	type JsonPath,
	JsonPathError,
	type JsonPathOptions,
	jsonPath,
	relaxedJsonPath,
} from "./json-path.ts";
export {
	parseYaml,
	splitDocuments,
	writeYaml,
	type YamlDocument,
	YamlError,
} from "./yaml.ts";
