/** Requests and answers about saved queries, dashboards and links. */
import { Type } from 'typebox';

const view = Type.Record(Type.String(), Type.Unknown(), {
  title: 'View',
  description: 'What is kept: of a query `query`, `filters`, `time_range`, columns …; of a dashboard its panels.',
});

const versioned = {
  version: Type.Integer(),
  updated_at: Type.String({ format: 'date-time' }),
  updated_by: Type.String(),
  view,
};

export const savedViewBody = Type.Object(
  { view, version: Type.Optional(Type.Integer({ minimum: 0, description: 'The version that is changed; 0: it must be new.' })) },
  { title: 'SavedViewBody', additionalProperties: false },
);

export const linkBody = Type.Object({ view }, { additionalProperties: false });

export const savedViewAnswer = Type.Object(
  {
    name: Type.String(),
    ...versioned,
    versions: Type.Optional(Type.Array(Type.Integer(), { description: 'All that are kept, newest first.' })),
  },
  { title: 'SavedView' },
);

export const savedViewsAnswer = Type.Object({ saved: Type.Array(savedViewAnswer) }, { title: 'SavedViews' });

export const linkAnswer = Type.Object(
  {
    id: Type.String(),
    path: Type.Optional(Type.String({ description: 'Address of the view in the interface.' })),
    ...versioned,
  },
  { title: 'KeptLink' },
);
