import { parentPort, workerData } from 'node:worker_threads';
import type { DocumentType, JsonValue } from '@lapwing/workflow';
import type { ParseTask } from './parse.ts';
import type { ThreadAnswer } from './thread.ts';

type Reader = (bytes: Uint8Array, filename: string) => Promise<JsonValue>;

/** Only the parser that is needed is loaded: the largest takes longer to load than a small file to read. */
const readers: Record<DocumentType, Reader> = {
  csv: async (bytes, filename) => (await import('./csv.ts')).readCsv(bytes, filename),
  excel: async (bytes) => (await import('./excel.ts')).readExcel(bytes),
  pdf: async (bytes) => (await import('./pdf.ts')).readPdf(bytes),
  docx: async (bytes) => (await import('./docx.ts')).readDocx(bytes),
  json: async (bytes) => (await import('./json.ts')).readJson(bytes),
  zip: async (bytes) => (await import('./zip.ts')).listZip(bytes),
  text: async (bytes) => (await import('./text.ts')).readText(bytes),
};

async function answer({ type, bytes, filename }: ParseTask): Promise<ThreadAnswer<JsonValue>> {
  try {
    return { value: await readers[type](bytes, filename) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(await answer(workerData));
