import { createHash } from 'node:crypto';
import { html } from '../html.ts';
import { page, type Reply, type Route, readForm } from '../http.ts';
import type { Portal } from '../portal.ts';
import type { SiteRequest } from '../request.ts';

const textControls = html`
  <fieldset><legend>Text</legend>
    <label>Company <input name="company" required minlength="2" placeholder="At least two letters"></label>
    <label>Notes <textarea name="notes" rows="3"></textarea></label>
    <label>E-mail <input name="email" type="email" required></label>
    <label>Password <input name="password" type="password"></label>
    <label>Quantity <input name="quantity" type="number" min="1" max="999" value="1"></label>
    <label>Phone <input name="phone" type="tel" pattern="[0-9 +-]*"></label>
    <label>Website <input name="website" type="url"></label>
    <div><span id="remarks-label">Remarks</span>
      <div id="remarks" class="editable" contenteditable="true" role="textbox" aria-multiline="true"
        aria-labelledby="remarks-label"></div>
      <input type="hidden" name="remarks"></div>
    <label>Account (disabled) <input name="account" value="ACC-1" disabled></label>
    <label>Region (read-only) <input name="region" value="North" readonly></label>
  </fieldset>`;

const choiceControls = html`
  <fieldset><legend>Choices</legend>
    <label>Country
      <select name="country" required>
        <option value="">Choose one</option>
        <optgroup label="Europe"><option value="at">Austria</option><option value="nl">Netherlands</option></optgroup>
        <optgroup label="Americas"><option value="ca">Canada</option><option value="cl">Chile</option></optgroup>
      </select></label>
    <label>Certificates
      <select name="certificates" multiple size="3">
        <option value="iso9001">ISO 9001</option><option value="iso14001">ISO 14001</option>
        <option value="fsc">FSC</option>
      </select></label>
    <div class="combobox"><label for="carrier">Carrier</label>
      <input id="carrier" name="carrier" role="combobox" autocomplete="off" aria-expanded="false"
        aria-controls="carriers" aria-autocomplete="list">
      <ul id="carriers" role="listbox" aria-label="Carriers" hidden></ul></div>
    <fieldset class="plain"><legend>Delivery</legend>
      <label class="inline"><input type="radio" name="delivery" value="standard" checked> Standard</label>
      <label class="inline"><input type="radio" name="delivery" value="express"> Express</label>
      <label class="inline"><input type="radio" name="delivery" value="pickup"> Pick-up</label>
    </fieldset>
    <label class="inline"><input type="checkbox" name="newsletter"> Newsletter</label>
    <label class="inline"><input type="checkbox" name="terms" required> I accept the terms</label>
  </fieldset>`;

const otherControls = html`
  <fieldset><legend>Dates, files and more</legend>
    <label>Delivery date <input name="delivery_date" type="date" min="2026-01-01" max="2027-12-31"></label>
    <label>Delivery time <input name="delivery_time" type="time"></label>
    <div class="datepicker"><label for="inspection">Inspection date</label>
      <input id="inspection" name="inspection" readonly placeholder="Pick a day">
      <button type="button" class="quiet" aria-haspopup="dialog" id="open-calendar">Choose a date</button>
      <div role="dialog" aria-label="Choose a date" id="calendar" hidden></div></div>
    <label>Contract <input name="contract" type="file" accept=".pdf,.txt,.csv"></label>
    <label>Photos <input name="photos" type="file" multiple></label>
    <label>Priority <input name="priority" type="range" min="0" max="10" value="5">
      <output id="priority-value">5</output></label>
    <label>Label colour <input name="color" type="color" value="#336699"></label>
  </fieldset>`;

const form = html`
  <p>Company, e-mail, country and the terms are required.</p>
  <form method="post" action="/form" enctype="multipart/form-data" id="supplier">
    ${textControls}${choiceControls}${otherControls}
    <p><button type="submit">Send</button> <button type="reset" class="quiet">Reset</button></p>
  </form>`;

/** What was sent: texts as they are, repeated names as lists, files by name, size and SHA-256. */
async function received(request: SiteRequest): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  const sent = await readForm(request);
  for (const name of new Set(sent.keys())) {
    const values = await Promise.all(sent.getAll(name).map(describe));
    fields[name] = values.length > 1 ? values : values[0];
  }
  return fields;
}

/** A file control that was left empty sends a file without a name: that is null. */
async function describe(value: FormDataEntryValue): Promise<unknown> {
  if (typeof value === 'string') return value;
  if (value.name === '') return null;
  const sha256 = createHash('sha256')
    .update(await value.bytes())
    .digest('hex');
  return { filename: value.name, size: value.size, sha256 };
}

async function submit(request: SiteRequest, portal: Portal): Promise<Reply> {
  const fields = await received(request);
  portal.note('form', { data: fields });
  const content = html`
    <p role="status">Thank you. This is what was received:</p>
    <pre id="received">${JSON.stringify(fields, null, 2)}</pre>
    <p><a href="/form">Fill in another</a></p>`;
  return page({ title: 'Form received', content });
}

export const formRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/form',
    handle: () => page({ title: 'Supplier form', content: form, scripts: ['form.js'] }),
  },
  { method: 'POST', path: '/form', handle: submit },
];
