import type { Operations } from '../operation.ts';
import { LIST_FILTERS } from './lists.ts';
import { NUMBER_FILTERS } from './numbers.ts';
import { SELECT_FILTERS } from './select.ts';
import { TEXT_FILTERS } from './text.ts';
import { WEB_FILTERS } from './web.ts';

/** All filters, by name. */
export const FILTERS: Operations = new Map([
  ...TEXT_FILTERS,
  ...LIST_FILTERS,
  ...SELECT_FILTERS,
  ...NUMBER_FILTERS,
  ...WEB_FILTERS,
]);
