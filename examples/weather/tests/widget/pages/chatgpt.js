// What ChatGPT puts into a widget's frame, filled from the address so that it is there before the widget runs.
"use strict";
window.calls = [];
const given = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const record = (name, answer) => (...values) => {
  window.calls.push([name, ...values]);
  return answer?.(...values);
};
const FUNCTIONS = {
  callTool: record("callTool", async (_, input) => given.answers[input.steps]),
  requestDisplayMode: record("requestDisplayMode", async ({ mode }) => ({ mode })),
  notifyIntrinsicHeight: record("notifyIntrinsicHeight"),
};
window.openai = { ...given.globals };
for (const name of given.functions) window.openai[name] = FUNCTIONS[name];
window.setGlobals = (globals) => {
  Object.assign(window.openai, globals);
  window.dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals } }));
};
