/** Fields of the object that an Event is about, by which Events are selected. */
export const involvedFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
