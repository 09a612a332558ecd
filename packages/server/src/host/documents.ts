import { BlockFailure, type DocumentsCapability } from '@lapwing/workflow';
import { detectDocument } from '../documents/detect.ts';
import { DocumentError } from '../documents/document-error.ts';
import { parseDocument } from '../documents/parse.ts';

export const documentsCapability: DocumentsCapability = {
  detect: (file) => detectDocument(file),
  parse: async (file, type) => {
    try {
      return await parseDocument(file, type);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      throw new BlockFailure(error.message, { cause: error });
    }
  },
};
