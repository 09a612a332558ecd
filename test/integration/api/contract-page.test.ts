import { type Route, routes } from '@lapwing/protocol';
import { blockTypes } from '@lapwing/workflow';
import { describe, expect, it } from 'vitest';
import { rowsUnder } from '../../support/compatibility.ts';
import { reference, shapeOf } from '../../support/reference.ts';

const operations = rowsUnder('## Operations');
const states = /^(served|better|different|later)\b/;

/** `GET /v1/runs/{run_id}` as it stands on the page, whatever its parameters are called. */
const shapeOfName = (name: string) => {
  const [method = '', path = ''] = name.split(' ');
  return shapeOf({ method, path });
};

const published = reference.operations.map(shapeOf);
const unlisted = reference.unlisted.map(shapeOf);
/** Operations of the reference, each once: what `/api/v1` and `/api/v2` only repeat is not named again. */
const named = new Set([
  ...published,
  ...unlisted.filter((shape) => {
    const modern = shape.replace(/ \/api\/v[12]/, ' /v1');
    return modern === shape || ![...published, ...unlisted].includes(modern);
  }),
]);

/** What may come later (the issues that are still to be built): nothing else of the reference is left out. */
const laterParts =
  /\/(tasks|run_action|create-from-prompt|import-pdf|sop-to-blocks|copilot|prompts|suggest|generate|custom-llms|scripts|fallback-episodes|heal_\w+|reliability|credentials|credential_folders|google|microsoft|browser_sessions|browser_session|debug-session|browser_profiles|stream)(\/|$)/;

describe('docs/compatibility.md', () => {
  it('names every operation of the reference once, and no other', () => {
    const names = operations.flatMap((row) => row.names.map(shapeOfName));
    expect([...names].sort()).toEqual([...named].sort());
  });

  it.each(operations.map((row) => ({ ...row, title: row.names[0] })))(
    'says what state $title is in',
    ({ state }) => {
      expect(state).toMatch(states);
    },
  );

  it('says of what is served that it is, and of nothing else', () => {
    const served = new Set(
      Object.values<Route>(routes).flatMap((route) => [route, ...route.twins].map(shapeOf)),
    );
    for (const { names, state } of operations) {
      for (const name of names)
        expect(served.has(shapeOfName(name)), name).toBe(!state.startsWith('later'));
    }
  });

  it('leaves for later only what is known to come later', () => {
    const later = operations.filter(({ state }) => state.startsWith('later'));
    for (const { names, state } of later) {
      expect(state).toMatch(/^later: .+/);
      for (const name of names) expect(name).toMatch(laterParts);
    }
  });

  it('names every type of block once, with its state', () => {
    const rows = rowsUnder('## Block types');
    const types = blockTypes.map(({ type }) => type).sort();
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(types);
    for (const { state, names } of rows) expect(state, names[0]).toMatch(states);
  });

  it('names every kind of parameter once, with its state', () => {
    const rows = rowsUnder('## Parameters');
    const kinds = Object.entries(reference.$defs).flatMap(([name, schema]) => {
      const properties = schema.properties as Readonly<Record<string, { const?: string }>>;
      return /ParameterYAML$/.test(name) ? [properties.parameter_type?.const] : [];
    });
    const types = reference.$defs.WorkflowParameterType?.enum as string[];
    const names = rows.flatMap((row) => row.names);
    expect([...names].sort()).toEqual([...kinds, ...types].sort());
    for (const { state } of rows) expect(state).toMatch(states);
  });
});
