import {
  PDFCheckBox,
  PDFDropdown,
  type PDFField,
  PDFOptionList,
  PDFRadioGroup,
  PDFTextField,
} from '@cantoo/pdf-lib';
import type { JsonValue } from '@lapwing/workflow';
import type { FormFonts } from './pdf-fonts.ts';

/** The value that a field has now, or why it was left alone. */
export type SetResult = { readonly value: JsonValue } | { readonly skipped: string };

const truths = ['true', 'yes', 'y', 'on', 'x', '1', 'checked'];
const falsehoods = ['false', 'no', 'n', 'off', '0', '', 'unchecked'];

/** Sets one field and draws it. Rejects with DocumentError when a letter of the value cannot be drawn. */
export async function setField(
  field: PDFField,
  value: JsonValue,
  fonts: FormFonts,
): Promise<SetResult> {
  if (field.isReadOnly()) return { skipped: 'the field is read-only' };
  if (field instanceof PDFTextField) return await setText(field, value, fonts);
  if (field instanceof PDFCheckBox) return setCheckBox(field, value);
  if (field instanceof PDFRadioGroup) return setRadio(field, value);
  if (field instanceof PDFDropdown || field instanceof PDFOptionList)
    return await setChoice(field, value, fonts);
  return { skipped: 'the field is a button or a signature' };
}

function textOf(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function setText(
  field: PDFTextField,
  value: JsonValue,
  fonts: FormFonts,
): Promise<SetResult> {
  const text = textOf(value);
  const longest = field.getMaxLength();
  if (longest !== undefined && text.length > longest)
    return { skipped: `the field takes ${longest} characters, and the value has ${text.length}` };
  const font = await fonts.forText(text);
  field.setText(text === '' ? undefined : text);
  field.updateAppearances(font);
  return { value: text };
}

function setCheckBox(field: PDFCheckBox, value: JsonValue): SetResult {
  const wanted = isOn(field, value);
  if (wanted === null)
    return { skipped: `"${textOf(value)}" is neither true nor false, as a check box needs` };
  if (wanted) field.check();
  else field.uncheck();
  field.defaultUpdateAppearances();
  return { value: wanted };
}

function isOn(field: PDFCheckBox, value: JsonValue): boolean | null {
  if (typeof value === 'boolean') return value;
  const text = textOf(value).trim().toLowerCase();
  const onValue = field.acroField.getOnValue()?.decodeText().toLowerCase();
  if (truths.includes(text) || text === onValue) return true;
  return falsehoods.includes(text) ? false : null;
}

function setRadio(field: PDFRadioGroup, value: JsonValue): SetResult {
  const options = field.getOptions();
  const option = optionFor(options, textOf(value));
  if (option === undefined) return noOption(value, options);
  field.select(option);
  field.defaultUpdateAppearances();
  return { value: option };
}

async function setChoice(
  field: PDFDropdown | PDFOptionList,
  value: JsonValue,
  fonts: FormFonts,
): Promise<SetResult> {
  const options = field.getOptions();
  const wanted = (Array.isArray(value) ? value : [value]).map((item: JsonValue) => textOf(item));
  const takesOther = field instanceof PDFDropdown && field.isEditable();
  const chosen = wanted.map((text) => optionFor(options, text) ?? (takesOther ? text : undefined));
  const selected = chosen.filter((option) => option !== undefined);
  if (selected.length === 0 || selected.length < wanted.length) return noOption(value, options);
  if (selected.length > 1 && !field.isMultiselect())
    return { skipped: 'the field takes one option only' };
  const shown = field instanceof PDFOptionList ? options : selected;
  const font = await fonts.forText(shown.join(' '));
  field.select(selected);
  field.updateAppearances(font);
  return { value: selected.length === 1 ? (selected[0] ?? null) : selected };
}

function optionFor(options: readonly string[], text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  return (
    options.find((option) => option === text) ??
    options.find((option) => option.trim().toLowerCase() === lower)
  );
}

function noOption(value: JsonValue, options: readonly string[]): SetResult {
  return { skipped: `"${textOf(value)}" is none of its options: ${options.join(', ')}` };
}
