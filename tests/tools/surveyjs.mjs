// Judges exported surveys with SurveyJS itself: node surveyjs.mjs FOLDER
// Every *.json in FOLDER must be valid against the schema that survey-core publishes and load without an error.
// Prints what is wrong, one line each; exits with 1 if anything is.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const Ajv = require("ajv");
const { Model } = require("survey-core");

const published = readFileSync(new URL("node_modules/survey-core/surveyjs_definition.json", import.meta.url), "utf8");
// The schema is written for a validator that follows `$href`; JSON Schema calls it `$ref`.
const schema = JSON.parse(published.replaceAll('"$href"', '"$ref"'));
const validate = new Ajv({ strict: false, allErrors: false, logger: false }).compile(schema);

const folder = process.argv[2];
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
let wrong = 0;
const say = (line) => {
  wrong += 1;
  console.log(line);
};
for (const name of files) {
  const json = JSON.parse(readFileSync(join(folder, name), "utf8"));
  if (!validate(json)) {
    for (const e of validate.errors) say(`${name}: schema: ${e.instancePath} ${e.message}`);
  }
  const survey = new Model(json);
  for (const e of survey.jsonErrors ?? []) say(`${name}: loading: ${e.message}`);
  if (survey.getAllQuestions().length === 0) say(`${name}: loading: no questions`);
}
console.log(`${files.length} files, ${wrong} faults`);
process.exit(wrong === 0 && files.length > 0 ? 0 : 1);
