// Loaded before a program (`node --import`), it prints each module that the program takes from a package: `loaded file://…`.
import { registerHooks } from 'node:module';

registerHooks({
  load: (url, context, nextLoad) => {
    if (url.includes('/node_modules/')) console.log(`loaded ${url}`);
    return nextLoad(url, context);
  },
});
