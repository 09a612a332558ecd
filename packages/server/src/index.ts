export { type Config, readConfig, SettingsError } from './config.ts';
export { LapwingError } from './errors.ts';
export { serve } from './serve.ts';
export { openOrganizations, type Role, type RunningServer, startServer } from './server.ts';
