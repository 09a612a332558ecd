export { type ErrorCode, type ErrorFacts, type ErrorKind, errorTable } from './errors.ts';
