// The application: its routes and settings, and what its handlers share.

import { Application, type RequestHandler, url } from "@denado/denado";
import {
  ArchiveHandler,
  ComposeHandler,
  CreateAuthorHandler,
  DeleteHandler,
  EntryHandler,
  FeedHandler,
  HomeHandler,
  NotFoundHandler,
  SignInHandler,
  SignOutHandler,
} from "./handlers.ts";
import type { Store } from "./store.ts";
import * as uiModules from "./ui_modules.ts";

const path = (name: string) => new URL(name, import.meta.url).pathname;

export class Blog extends Application {
  readonly store: Store;
  readonly title: string;

  constructor(store: Store, options: { title: string }) {
    super([
      url("/", HomeHandler, { name: "home" }),
      url("/archive", ArchiveHandler, { name: "archive" }),
      url("/feed", FeedHandler, { name: "feed" }),
      url("/entry/([^/]+)", EntryHandler, { name: "entry" }),
      url("/compose", ComposeHandler, { name: "compose" }),
      url("/delete", DeleteHandler, { name: "delete" }),
      url("/auth/create", CreateAuthorHandler, { name: "create" }),
      url("/auth/login", SignInHandler, { name: "sign_in" }),
      url("/auth/logout", SignOutHandler, { name: "sign_out" }),
    ], {
      cookieSecret: store.cookieSecret(),
      defaultHandlerClass: NotFoundHandler,
      loginUrl: "/auth/login",
      staticPath: path("static"),
      templatePath: path("templates"),
      uiMethods: { day, site_title: () => options.title },
      uiModules,
      xsrfCookies: true,
      xsrfCookieKwargs: { sameSite: "Lax" },
    });
    this.store = store;
    this.title = options.title;
  }
}

/** A day as people write it. */
function day(_handler: RequestHandler, timeMs: number): string {
  return new Date(timeMs).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
