/** Saved queries, dashboards and links, each tenant its own. */
import { Type } from 'typebox';
import type { NamedView, SavedView, SavedViews } from '#search/saved-views.ts';
import { endpoints } from './endpoints.ts';
import { createRequestReader } from './request-reader.ts';
import { reply, tenantOf } from './route.ts';
import type { ApiRequest, ApiRoute } from './route.ts';
import { linkBody, savedViewBody } from './view-schemas.ts';

const readView = createRequestReader(savedViewBody, 'the body');
const readLink = createRequestReader(linkBody, 'the body');
const readVersion = createRequestReader(
  Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }, { additionalProperties: false }),
  'the query string',
);

export function viewRoutes(views: SavedViews): ApiRoute[] {
  return [
    ...namedRoutes(views, 'query', {
      list: endpoints.queries,
      get: endpoints.query,
      put: endpoints.queryPut,
      remove: endpoints.queryDelete,
    }),
    ...namedRoutes(views, 'dashboard', {
      list: endpoints.dashboards,
      get: endpoints.dashboard,
      put: endpoints.dashboardPut,
      remove: endpoints.dashboardDelete,
    }),
    {
      endpoint: endpoints.linkCreate,
      handle: async (request) => {
        const { view } = readLink(request.body);
        const { name, ...rest } = shown(await views.link(tenantOf(request), view, request.principal?.keyName ?? ''));
        return reply({ id: name, path: `/links/${name}`, ...rest }, 201);
      },
    },
    {
      endpoint: endpoints.link,
      handle: async (request) => {
        const { name, ...rest } = shown(await views.openLink(tenantOf(request), request.pathParameters['id']));
        return reply({ id: name, ...rest });
      },
    },
  ];
}

type Endpoints = Readonly<Record<'list' | 'get' | 'put' | 'remove', ApiRoute['endpoint']>>;

function namedRoutes(views: SavedViews, kind: NamedView, { list, get, put, remove }: Endpoints): ApiRoute[] {
  const nameOf = ({ pathParameters }: ApiRequest): string => pathParameters['name'];
  return [
    { endpoint: list, handle: async (request) => reply({ saved: (await views.list(kind, tenantOf(request))).map(shown) }) },
    {
      endpoint: get,
      handle: async (request) => {
        const { version } = readVersion(
          Object.fromEntries(request.queryParameters.map(([name, text]) => [name, /^\d+$/.test(text) ? Number(text) : text])),
        );
        const [found, versions] = await Promise.all([
          views.find(kind, tenantOf(request), nameOf(request), version),
          views.versions(kind, tenantOf(request), nameOf(request)),
        ]);
        return reply({ ...shown(found), versions: versions.map((older) => older.version) });
      },
    },
    {
      endpoint: put,
      handle: async (request) => {
        const { view, version } = readView(request.body);
        const change = { tenant: tenantOf(request), name: nameOf(request), view, expectedVersion: version };
        return reply(shown(await views.put(kind, { ...change, updatedBy: request.principal?.keyName ?? '' })));
      },
    },
    {
      endpoint: remove,
      handle: async (request) => {
        await views.remove(kind, tenantOf(request), nameOf(request));
        return reply({ removed: true });
      },
    },
  ];
}

function shown({ name, version, updatedMs, updatedBy, view }: SavedView) {
  return { name, version, updated_at: new Date(updatedMs).toISOString(), updated_by: updatedBy, view };
}
