import type { BlockType } from './block.ts';
import { code } from './code.ts';
import { conditional } from './conditional.ts';
import { downloadToS3 } from './download-to-s3.ts';
import { fileUpload } from './file-upload.ts';
import { fileUrlParser } from './file-url-parser.ts';
import { forLoop } from './for-loop.ts';
import { gotoUrl } from './goto-url.ts';
import { httpRequest } from './http-request.ts';
import { printPage } from './print-page.ts';
import { uploadToS3 } from './upload-to-s3.ts';
import { wait } from './wait.ts';
import { whileLoop } from './while-loop.ts';

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
  fileUrlParser,
  fileUpload,
  uploadToS3,
  downloadToS3,
];

/** The same, by wire name. */
export const blockTypeByName: ReadonlyMap<string, BlockType> = new Map(
  blockTypes.map((type) => [type.type, type]),
);
