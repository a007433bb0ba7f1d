/**
 * Classes whose implementation is chosen when the program runs.
 *
 * `new IOLoop()` creates whatever implementation was configured, so that one line at the start of a program replaces
 * the event loop, the HTTP client or the resolver everywhere, also in libraries that know nothing of the choice. Tornado:
 * `tornado.util.Configurable`.
 *
 * How it works. A *base* is a class that says so in `configurableBase`. What was configured is kept by base, in a weak
 * map, so that a base and a configurable class derived from it are configured apart. The constructor of a base looks
 * whether the base itself is being constructed; then it merges the configured options and, if another class is
 * configured, returns an instance of that. JavaScript lets a constructor return another object, but not before every
 * field of the base would be set up twice; this is why the two lines stand in each base and not in `Configurable`.
 *
 * @module
 */

/** A class derived from {@linkcode Configurable}. */
export interface ConfigurableClass {
  /** Makes an instance. */
  // deno-lint-ignore no-explicit-any -- each implementation has its own options
  new (options: any): object;
  /** The class at which the hierarchy of implementations begins. */
  configurableBase(): ConfigurableClass;
  /** The implementation when none is configured. */
  configurableDefault(): ConfigurableClass;
}

/** A class that can stand in for `B`. */
// deno-lint-ignore no-explicit-any -- each implementation has its own options
export type ImplementationOf<B extends ConfigurableClass> = new (options: any) => InstanceType<B>;

/** The options that a class's constructor takes. */
// deno-lint-ignore no-explicit-any -- the class is asked for the type of its options
export type OptionsOf<C extends new (options: any) => object> = NonNullable<ConstructorParameters<C>[0]>;

/** What was configured for a base; restored by `restoreConfiguration`, or at the end of the scope with `using`. */
export interface SavedConfiguration extends Disposable {
  /** The implementation; `undefined` stands for the default. */
  readonly implementation: ConfigurableClass | undefined;
  /** The options. */
  readonly options: Readonly<Record<string, unknown>>;
}

interface Configuration {
  readonly implementation: ConfigurableClass | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

const UNCONFIGURED: Configuration = { implementation: undefined, options: {} };
const configurations = new WeakMap<ConfigurableClass, Configuration>();

/**
 * A class whose implementation can be configured.
 *
 * A base overrides {@linkcode configurableBase} and {@linkcode configurableDefault}, and begins its constructor as in
 * the example. An implementation is derived from it in the ordinary way. Constructing an implementation directly ignores
 * what was configured.
 *
 * @example A base and two implementations
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { Configurable } from "@denado/denado/ioloop";
 *
 * class Cache extends Configurable {
 *   readonly maxItems: number = 100;
 *
 *   static override configurableBase(): typeof Cache {
 *     return Cache;
 *   }
 *   static override configurableDefault(): typeof Cache {
 *     return MemoryCache;
 *   }
 *   constructor(options: { maxItems?: number } = {}) {
 *     if (new.target === Cache) {
 *       const Implementation = Cache.configuredClass();
 *       return new Implementation(Cache.withConfiguredOptions(options));
 *     }
 *     super();
 *     this.maxItems = options.maxItems ?? this.maxItems;
 *   }
 * }
 * class MemoryCache extends Cache {}
 * class DiskCache extends Cache {}
 *
 * assert(new Cache() instanceof MemoryCache);
 *
 * using _saved = Cache.saveConfiguration();
 * Cache.configure(DiskCache, { maxItems: 5 });
 * assert(new Cache() instanceof DiskCache);
 * assertEquals(new Cache().maxItems, 5);
 * assertEquals(new Cache({ maxItems: 6 }).maxItems, 6);
 * assertEquals(new DiskCache().maxItems, 100);
 * ```
 */
export abstract class Configurable {
  /** The class at which the hierarchy begins, as a rule the one that defines this method. @throws {Error} unless overridden */
  static configurableBase(): ConfigurableClass {
    throw new Error(`Cannot configure ${this.name}: its base must define configurableBase`);
  }

  /** The implementation when none is configured. @throws {Error} unless overridden */
  static configurableDefault(): ConfigurableClass {
    throw new Error(`Cannot configure ${this.name}: its base must define configurableDefault`);
  }

  /** Returns to the default implementation, with these options. */
  static configure<B extends ConfigurableClass>(this: B, implementation: null, options?: Partial<OptionsOf<B>>): void;
  /**
   * Chooses the class of which `new` makes instances, when the base is constructed from now on.
   *
   * The options are merged under those given to the constructor. Each call replaces both. A class that is known by
   * name only is found with `importObject`.
   *
   * @throws {TypeError} if `implementation` is not derived from this class
   */
  static configure<B extends ConfigurableClass, I extends ImplementationOf<B>>(
    this: B,
    implementation: I,
    options?: Partial<OptionsOf<I>>,
  ): void;
  static configure(this: ConfigurableClass, implementation: ConfigurableClass | null, options: object = {}): void {
    if (implementation !== null && !isDerived(implementation, this)) {
      throw new TypeError(
        `Cannot configure ${this.name}: not a class derived from it: ${Deno.inspect(implementation)}`,
      );
    }
    configurations.set(this.configurableBase(), {
      implementation: implementation ?? undefined,
      options: { ...options },
    });
  }

  /** The implementation that is configured now. */
  static configuredClass<B extends ConfigurableClass>(this: B): ImplementationOf<B> {
    const base = this.configurableBase();
    const { implementation } = configurations.get(base) ?? UNCONFIGURED;
    const chosen: unknown = implementation ?? base.configurableDefault();
    return chosen as ImplementationOf<B>; // Checked by configure, or named by the base itself.
  }

  /** The options given to a constructor, on top of those that are configured. */
  static withConfiguredOptions<O extends object>(this: ConfigurableClass, options: O): O {
    return { ...configurations.get(this.configurableBase())?.options, ...options };
  }

  /** What is configured now, to be restored later; meant for tests. */
  static saveConfiguration(this: ConfigurableClass): SavedConfiguration {
    const base = this.configurableBase();
    const { implementation, options } = configurations.get(base) ?? UNCONFIGURED;
    return {
      implementation,
      options,
      [Symbol.dispose]: () => void configurations.set(base, { implementation, options }),
    };
  }

  /** Returns to what was configured when it was saved. */
  static restoreConfiguration(this: ConfigurableClass, saved: SavedConfiguration): void {
    const { implementation, options } = saved;
    configurations.set(this.configurableBase(), { implementation, options });
  }
}

function isDerived(candidate: unknown, base: ConfigurableClass): boolean {
  return typeof candidate === "function" &&
    (candidate === base || Object.prototype.isPrototypeOf.call(base, candidate));
}
