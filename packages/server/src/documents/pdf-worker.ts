import { parentPort, workerData } from 'node:worker_threads';
import type { FilledPdf, SplitPdf } from '@lapwing/workflow';
import type { PdfTask } from './pdf-edit.ts';
import { fillForm } from './pdf-form.ts';
import { splitPages } from './pdf-pages.ts';
import type { ThreadAnswer } from './thread.ts';

async function work(task: PdfTask): Promise<FilledPdf | SplitPdf | null> {
  switch (task.kind) {
    case 'fill':
      return await fillForm(task.bytes, task.values);
    case 'split':
      return await splitPages(task.bytes, task.parts);
  }
}

async function answer(task: PdfTask): Promise<ThreadAnswer<FilledPdf | SplitPdf | null>> {
  try {
    return { value: await work(task) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(await answer(workerData));
