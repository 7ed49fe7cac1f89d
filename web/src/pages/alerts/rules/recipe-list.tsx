/** Rules to begin with, each a press away from the editor. */
import { hrefTo } from '../../../app/url-state.ts';
import { Link } from '../../../design/link.tsx';
import { editorView } from '../alerts-view.ts';
import { recipes } from './recipes.ts';
import styles from './rules.module.css';

export function RecipeList({ title }: { readonly title: string }) {
  return (
    <section className={styles.recipes} aria-label={title}>
      <h2>{title}</h2>
      <p>
        A rule watches the lines as they come. Begin with one of these, or with an empty one; before it is saved you see when it would have
        fired.
      </p>
      <ul>
        {recipes.map(({ name, title: what, tells }) => (
          <li key={name}>
            <Link href={hrefTo('/alerts/rules/new', editorView, { recipe: name })} className={styles.recipe}>
              <b>{what}</b>
              <span>{tells}</span>
            </Link>
          </li>
        ))}
        <li>
          <Link href="/alerts/rules/new" className={styles.recipe}>
            <b>An empty rule</b>
            <span>a query and a number</span>
          </Link>
        </li>
      </ul>
    </section>
  );
}
