import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { blockTypeByName, blockTypes } from './registry.ts';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const blockFiles = files.filter(
  (name) => !name.endsWith('.test.ts') && name !== 'block.ts' && name !== 'registry.ts',
);

test('each block file is registered once, under its wire name with dashes', () => {
  const expected = blockTypes.map(({ type }) => `${type.replaceAll('_', '-')}.ts`);
  expect(blockFiles.toSorted()).toEqual(expected.toSorted());
});

test.each(blockFiles)('%s has a test and stays short', (name) => {
  expect(files).toContain(name.replace('.ts', '.test.ts'));
  expect(readFileSync(new URL(name, folder), 'utf8').split('\n').length).toBeLessThan(200);
});

test.each(blockTypes.map((type) => [type.type, type] as const))(
  '%s says what each of its fields means',
  (_, type) => {
    const { properties = {} } = z.toJSONSchema(type.params, { io: 'input' });
    const silent = Object.entries(properties).filter(
      ([, field]) => typeof field === 'object' && !('not' in field) && !field.description,
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  },
);

test.each(blockTypes.map((type) => [type.type, type] as const))(
  '%s says what it does and renders only fields that it has',
  (_, type) => {
    expect(type.summary).toMatch(/^[A-Z].*\.$/);
    expect(Object.keys(type.params.shape)).toEqual(
      expect.arrayContaining(Object.keys(type.rendered)),
    );
  },
);

test.each(blockTypes.map((type) => [type.type, type] as const))(
  'the fields of %s can be written as JSON Schema',
  (_, type) => {
    expect(z.toJSONSchema(type.params, { io: 'input' })).toHaveProperty('properties');
  },
);

test('no two block types have the same name', () => {
  expect(blockTypeByName.size).toBe(blockTypes.length);
});
