import { defineConfig } from 'drizzle-kit';

/** Run from this folder: `drizzle-kit generate --name <what-changed>` writes the next migration from tables/. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/db/tables/*.ts',
  out: './src/db/migrations',
});
