import { type PDFDocument, type PDFField, type PDFForm, StandardFonts } from '@cantoo/pdf-lib';
import type { FilledPdf, JsonValue, SkippedField } from '@lapwing/workflow';
import { DocumentError } from './document-error.ts';
import { type SetResult, setField } from './pdf-field.ts';
import { FormFonts } from './pdf-fonts.ts';
import { loadPdf } from './pdf-load.ts';

/** Letters and digits only: forms write `First Name` where payloads write `first_name`. */
const loose = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

function finder(fields: readonly PDFField[]): (name: string) => PDFField | undefined {
  const exact = new Map(fields.map((field) => [field.getName(), field]));
  const byLoose = Map.groupBy(fields, (field) => loose(field.getName()));
  return (name) => {
    const similar = byLoose.get(loose(name)) ?? [];
    return exact.get(name) ?? (similar.length === 1 ? similar[0] : undefined);
  };
}

async function setFields(
  form: PDFForm,
  values: Readonly<Record<string, JsonValue>>,
  fonts: FormFonts,
): Promise<Pick<FilledPdf, 'fields' | 'skipped'>> {
  const find = finder(form.getFields());
  const fields: Record<string, JsonValue> = {};
  const skipped: SkippedField[] = [];
  for (const [name, value] of Object.entries(values)) {
    const field = find(name);
    const result =
      field === undefined
        ? { skipped: 'the form has no such field' }
        : await setNamed(field, value, fonts);
    if ('skipped' in result) skipped.push({ name, reason: result.skipped });
    else fields[field?.getName() ?? name] = result.value;
  }
  return { fields, skipped };
}

async function setNamed(field: PDFField, value: JsonValue, fonts: FormFonts): Promise<SetResult> {
  try {
    return await setField(field, value, fonts);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new DocumentError(`the field ${field.getName()}: ${error.message}`, { cause: error });
  }
}

async function save(document: PDFDocument): Promise<Uint8Array> {
  // What was set has been drawn already.
  return await document.save({ updateFieldAppearances: false });
}

/** Sets fields of a PDF's form and draws them; null when it has no form. Rejects with DocumentError. */
export async function fillForm(
  bytes: Uint8Array,
  values: Readonly<Record<string, JsonValue>>,
): Promise<FilledPdf | null> {
  const document = await loadPdf(bytes);
  const form = document.getForm();
  const names = form.getFields().map((field) => field.getName());
  if (names.length === 0) return null;
  const fonts = new FormFonts(document, await document.embedFont(StandardFonts.Helvetica));
  const result = await setFields(form, values, fonts);
  return { bytes: await save(document), ...result, names };
}
