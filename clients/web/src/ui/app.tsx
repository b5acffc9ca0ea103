// The frame around all pages.
import { useEffect, useState } from "preact/hooks";
import { StudiesPage } from "../pages/studies.js";
import { StudyPage } from "../pages/study.js";
import { TrialPage } from "../pages/trial.js";
import { studyPath } from "../data/format.js";
import { Keys } from "./keys.js";
import { useRoute, type Route } from "./router.js";
import { useTheme } from "./theme.js";
import { Token } from "./token.js";

function Page({ route, theme }: { route: Route; theme: string }) {
  switch (route.page) {
    case "studies": return <StudiesPage />;
    case "study": return <StudyPage key={route.name} name={route.name} theme={theme} />;
    case "trial": return <TrialPage key={`${route.name}/${route.number}`} name={route.name} number={route.number} theme={theme} />;
    case "unknown": return <main><h1>No such page</h1><p><a href="/">All studies</a></p></main>;
  }
}

// Tabs and bookmarks are told apart by it.
function titleOf(route: Route): string {
  switch (route.page) {
    case "study": return `${route.name} · Parzen`;
    case "trial": return `Trial ${route.number} · ${route.name} · Parzen`;
    default: return "Parzen";
  }
}

export function App() {
  const route = useRoute();
  const title = titleOf(route);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const [theme, toggleTheme] = useTheme();
  // A new token: everything is asked for anew.
  const [session, setSession] = useState(0);
  const renew = () => setSession(session + 1);
  return (
    <>
      <header>
        <nav aria-label="Where you are">
          <a href="/" class="brand" data-testid="home">Parzen</a>
          {"name" in route && <><span aria-hidden="true">/</span><a href={studyPath(route.name)}>{route.name}</a></>}
          {route.page === "trial" && <><span aria-hidden="true">/</span><span>trial {route.number}</span></>}
        </nav>
        <Token onChange={renew} />
        <button type="button" class="quiet" data-testid="theme" onClick={toggleTheme}
                aria-label={theme === "dark" ? "Light colours" : "Dark colours"}>{theme === "dark" ? "☀" : "☾"}</button>
        <Keys toggleTheme={toggleTheme} />
      </header>
      <Page key={session} route={route} theme={theme} />
    </>
  );
}
