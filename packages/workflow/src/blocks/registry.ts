import { action } from './action.ts';
import type { BlockType } from './block.ts';
import { code } from './code.ts';
import { conditional } from './conditional.ts';
import { downloadToS3 } from './download-to-s3.ts';
import { emailInbox } from './email-inbox.ts';
import { extraction } from './extraction.ts';
import { fileDownload } from './file-download.ts';
import { fileUpload } from './file-upload.ts';
import { fileUrlParser } from './file-url-parser.ts';
import { forLoop } from './for-loop.ts';
import { googleSheetsRead } from './google-sheets-read.ts';
import { googleSheetsWrite } from './google-sheets-write.ts';
import { gotoUrl } from './goto-url.ts';
import { httpRequest } from './http-request.ts';
import { humanInteraction } from './human-interaction.ts';
import { login } from './login.ts';
import { navigation } from './navigation.ts';
import { pdfFill } from './pdf-fill.ts';
import { pdfParser } from './pdf-parser.ts';
import { printPage } from './print-page.ts';
import { sendEmail } from './send-email.ts';
import { splitPdf } from './split-pdf.ts';
import { task } from './task.ts';
import { taskV2 } from './task-v2.ts';
import { textPrompt } from './text-prompt.ts';
import { uploadToS3 } from './upload-to-s3.ts';
import { validation } from './validation.ts';
import { wait } from './wait.ts';
import { whileLoop } from './while-loop.ts';
import { workflowTrigger } from './workflow-trigger.ts';

/** Every block type that can run. */
export const blockTypes: readonly BlockType[] = [
  gotoUrl,
  wait,
  httpRequest,
  forLoop,
  whileLoop,
  conditional,
  code,
  printPage,
  sendEmail,
  emailInbox,
  googleSheetsRead,
  googleSheetsWrite,
  pdfParser,
  pdfFill,
  splitPdf,
  fileUrlParser,
  fileUpload,
  uploadToS3,
  downloadToS3,
  task,
  navigation,
  action,
  extraction,
  login,
  validation,
  fileDownload,
  taskV2,
  textPrompt,
  humanInteraction,
  workflowTrigger,
];

/** The same, by wire name. */
export const blockTypeByName: ReadonlyMap<string, BlockType> = new Map(
  blockTypes.map((type) => [type.type, type]),
);
