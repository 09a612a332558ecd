import { expect, it } from 'vitest';
import type { ArtifactRow } from '../artifacts/service.ts';
import { namedArtifacts, refreshed } from './refresh.ts';

const row = { artifactId: 'a_1', artifactType: 'download' } as ArtifactRow;
const urls = { url: (artifact: { artifactId: string }) => `fresh:${artifact.artifactId}` };
const address = (id: string) => `http://old/v1/artifacts/${id}/content?expiry=1&kid=k1&sig=x`;

it("signs the run's own files anew, however deep they are", () => {
  const output = { parse_output: [{ files: [{ url: address('a_1'), artifact_id: 'a_1' }] }] };
  expect(refreshed(output, [row], urls)).toEqual({
    parse_output: [{ files: [{ url: 'fresh:a_1', artifact_id: 'a_1' }] }],
  });
});

it('does not sign what is not of this run', () => {
  const output = { text_output: address('a_2') };
  expect(refreshed(output, [row], urls)).toEqual(output);
});

it('fills in the screenshots of a task output from their ids', () => {
  const output = { task_screenshots: null, task_screenshot_artifact_ids: ['a_1', 'a_9'] };
  expect(refreshed(output, [row], urls)).toMatchObject({ task_screenshots: ['fresh:a_1'] });
});

it('finds what an output names by address, and by id alone', () => {
  const output = {
    text: `see ${address('a_1')} and ${address('a_2')}`,
    task_screenshot_artifact_ids: ['a_3', 'not a_4'],
    'a key': [[{ url: address('a_1') }]],
  };
  expect([...namedArtifacts(output)].toSorted()).toEqual(['a_1', 'a_2', 'a_3']);
  expect(namedArtifacts(null).size).toBe(0);
});
