/** A `goto_url` block. */
export const open = (label: string, url: string, fields: object = {}) => ({
  block_type: 'goto_url',
  label,
  url,
  ...fields,
});

/** A `code` block in JavaScript, the quickest of the languages to start. */
export const script = (label: string, code: string, fields: object = {}) => ({
  block_type: 'code',
  label,
  language: 'javascript',
  code,
  ...fields,
});

/** A `file_url_parser` block. */
export const parse = (label: string, fileUrl: string, fields: object = {}) => ({
  block_type: 'file_url_parser',
  label,
  file_url: fileUrl,
  ...fields,
});
