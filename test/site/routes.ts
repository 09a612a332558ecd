import type { Route } from './http.ts';
import { apiRoutes } from './pages/api.ts';
import { downloadRoutes } from './pages/downloads.ts';
import { formRoutes } from './pages/form.ts';
import { homeRoutes } from './pages/home.ts';
import { loginRoutes } from './pages/login.ts';
import { orderRoutes } from './pages/orders.ts';
import { redirectRoutes } from './pages/redirects.ts';
import { slowRoutes } from './pages/slow.ts';
import { troubleRoutes } from './pages/trouble.ts';
import { windowRoutes } from './pages/windows.ts';

/** Every address that the site answers. */
export const routes: readonly Route[] = [
  ...homeRoutes,
  ...loginRoutes,
  ...orderRoutes,
  ...downloadRoutes,
  ...formRoutes,
  ...windowRoutes,
  ...slowRoutes,
  ...troubleRoutes,
  ...redirectRoutes,
  ...apiRoutes,
];
