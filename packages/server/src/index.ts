export { type Config, readConfig, SettingsError } from './config.ts';
export { type Role, type RunningServer, startServer } from './server.ts';
