export {
  type FakeFiles,
  fakeBrowser,
  fakeCapabilities,
  fakeClock,
  fakeCode,
  fakeFiles,
  fakeHttp,
  jsonAnswer,
} from './capabilities.ts';
export { type BlockFields, storedBlock, storedDefinition } from './definitions.ts';
export { type JournalEvent, type MemoryJournal, memoryJournal } from './journal.ts';
export { type RunOptions, runBlocks, runDefinition, runOneBlock, type TestRun } from './run.ts';
