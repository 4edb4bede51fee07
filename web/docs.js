// docs.js - shows openapi.json as a page. Texts become text nodes only: nothing in the document can become markup.
"use strict";

const methods = ["get", "post", "put", "delete", "patch"];

function element(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

// Follows {"$ref": "#/a/b"} inside the document.
function resolve(api, value) {
  if (!value || typeof value.$ref !== "string") return value;
  return value.$ref.slice(2).split("/").reduce((at, step) => (at ? at[step] : undefined), api) || {};
}

function referenceName(value) {
  return value && typeof value.$ref === "string" ? value.$ref.split("/").pop() : null;
}

// A schema in a few words: "integer 1..500, default 100".
function describe(schema) {
  if (schema === true || !schema) return "any";
  const name = referenceName(schema);
  if (name) return name;
  const words = [];
  if (schema.type === "array") words.push("list of " + describe(schema.items));
  else if (schema.type) words.push([].concat(schema.type).join(" or "));
  for (const [key, joint] of [["anyOf", " or "], ["allOf", " and "]])
    if (schema[key]) words.push(schema[key].map(describe).join(joint));
  if (schema.minimum !== undefined || schema.maximum !== undefined)
    words.push((schema.minimum ?? "") + ".." + (schema.maximum ?? ""));
  if (schema.maxLength !== undefined) words.push("at most " + schema.maxLength + " bytes");
  if (schema.enum) words.push("one of: " + schema.enum.join(", "));
  if (schema.const !== undefined) words.push(String(schema.const));
  if (schema.pattern) words.push("matching " + schema.pattern);
  if (schema.default !== undefined) words.push("default " + schema.default);
  return words.join(" ") || "any";
}

function table(titles, rows) {
  const head = element("tr", "", ...titles.map((title) => element("th", "", title)));
  const body = rows.map((cells) => element("tr", "", ...cells.map((cell) => element("td", "", cell))));
  return element("table", "", element("thead", "", head), element("tbody", "", ...body));
}

function parameterRow(api, given) {
  const parameter = resolve(api, given);
  return [element("code", "", parameter.name), parameter.in + (parameter.required ? ", required" : ""),
          describe(parameter.schema), parameter.description || ""];
}

function contentText(response) {
  return Object.entries(response.content || {})
    .map(([type, content]) => type + ": " + describe(content.schema)).join("; ");
}

function responseRow(api, [code, given]) {
  const response = resolve(api, given);
  return [element("code", "", code), response.description || "", contentText(response),
          Object.keys(response.headers || {}).join(", ")];
}

function operationNode(api, path, method, operation) {
  const node = element("details", "operation",
    element("summary", "", element("span", "method " + method, method.toUpperCase()),
            element("span", "path", path), operation.summary || ""));
  node.append(element("p", "", operation.description || ""));
  const security = (operation.security || []).flatMap((scheme) => Object.keys(scheme));
  node.append(element("p", "", security.length ? "Authorization: Bearer, " + security.join(" or ") : "No authentication."));
  if (operation.parameters && operation.parameters.length)
    node.append(element("h3", "", "Parameters"),
                table(["name", "in", "value", "description"], operation.parameters.map((one) => parameterRow(api, one))));
  if (operation.requestBody)
    node.append(element("h3", "", "Request body"), element("p", "", contentText(operation.requestBody)));
  node.append(element("h3", "", "Responses"),
              table(["status", "meaning", "body", "headers"], Object.entries(operation.responses || {}).map((one) => responseRow(api, one))));
  return node;
}

function schemaNode(name, schema) {
  return element("details", "operation", element("summary", "", element("span", "path", name), schema.description || ""),
                 element("pre", "", JSON.stringify(schema, null, 2)));
}

function show(api) {
  const content = document.getElementById("content");
  content.replaceChildren();
  document.getElementById("title").textContent = api.info.title + " " + api.info.version;
  document.getElementById("summary").textContent = api.info.summary || "";
  document.getElementById("about").textContent = api.info.description || "";
  for (const tag of api.tags || []) {
    content.append(element("h2", "", tag.name), element("p", "", tag.description || ""));
    for (const [path, item] of Object.entries(api.paths))
      for (const method of methods)
        if (item[method] && (item[method].tags || [])[0] === tag.name)
          content.append(operationNode(api, path, method, item[method]));
  }
  content.append(element("h2", "", "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) content.append(schemaNode(name, schema));
}

function filter() {
  const wanted = document.getElementById("find").value.toLowerCase();
  for (const node of document.querySelectorAll(".operation"))
    node.hidden = !node.textContent.toLowerCase().includes(wanted);
}

document.getElementById("find").addEventListener("input", filter);
fetch("openapi.json")
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error("status " + response.status))))
  .then(show)
  .catch((error) => { document.getElementById("state").textContent = "Cannot load openapi.json: " + error.message; });
