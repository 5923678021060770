-- How much there is in each store, and in all of them, kept by triggers: no page has to add it up.
CREATE TABLE totals (
    id         INTEGER PRIMARY KEY NOT NULL, -- the store's; PostgreSQL keeps a total in several parts, and numbers those
    store_id   BIGINT  NOT NULL, -- 0 is the whole catalogue
    stores     BIGINT  NOT NULL DEFAULT 0,
    items      BIGINT  NOT NULL DEFAULT 0,
    quantity   NUMERIC NOT NULL DEFAULT 0,
    worth_high NUMERIC NOT NULL DEFAULT 0, -- price times quantity, in minor units: worth_high * 1000000000 + worth_low
    worth_low  NUMERIC NOT NULL DEFAULT 0
);
CREATE INDEX totals_store ON totals (store_id);

INSERT INTO totals (id, store_id, stores, items, quantity, worth_high, worth_low)
SELECT stores.id, stores.id, 1, count(items.id), coalesce(sum(quantity), 0),
    coalesce(sum(price_minor / 1000000000 * quantity + price_minor % 1000000000 * quantity / 1000000000), 0),
    coalesce(sum(price_minor % 1000000000 * quantity % 1000000000), 0)
FROM stores LEFT JOIN items ON items.store_id = stores.id GROUP BY stores.id;
INSERT INTO totals (id, store_id, stores, items, quantity, worth_high, worth_low)
SELECT 0, 0, count(*), coalesce(sum(items), 0), coalesce(sum(quantity), 0),
    coalesce(sum(worth_high), 0), coalesce(sum(worth_low), 0) FROM totals;

CREATE TRIGGER stores_inserted_are_counted AFTER INSERT ON stores BEGIN
    INSERT INTO totals (id, store_id, stores) VALUES (NEW.id, NEW.id, 1);
    UPDATE totals SET stores = stores + 1 WHERE id = 0;
END;
-- Its items have been deleted, and subtracted, before it.
CREATE TRIGGER stores_deleted_are_counted AFTER DELETE ON stores BEGIN
    DELETE FROM totals WHERE id = OLD.id;
    UPDATE totals SET stores = stores - 1 WHERE id = 0;
END;

-- The worth in two parts, because a price of 10^14 times a quantity of 10^9 is more than a whole number holds here.
-- Each row of totals by a statement of its own: `id IN (0, …)` takes twice the time.
CREATE TRIGGER items_inserted_are_counted AFTER INSERT ON items BEGIN
    UPDATE totals SET
        items = items + 1,
        quantity = quantity + NEW.quantity,
        worth_high = worth_high + NEW.price_minor / 1000000000 * NEW.quantity
            + (worth_low + NEW.price_minor % 1000000000 * NEW.quantity) / 1000000000,
        worth_low = (worth_low + NEW.price_minor % 1000000000 * NEW.quantity) % 1000000000
    WHERE id = 0;
    UPDATE totals SET
        items = items + 1,
        quantity = quantity + NEW.quantity,
        worth_high = worth_high + NEW.price_minor / 1000000000 * NEW.quantity
            + (worth_low + NEW.price_minor % 1000000000 * NEW.quantity) / 1000000000,
        worth_low = (worth_low + NEW.price_minor % 1000000000 * NEW.quantity) % 1000000000
    WHERE id = NEW.store_id;
END;
CREATE TRIGGER items_deleted_are_counted AFTER DELETE ON items BEGIN
    UPDATE totals SET
        items = items - 1,
        quantity = quantity - OLD.quantity,
        worth_high = worth_high - OLD.price_minor / 1000000000 * OLD.quantity
            + (worth_low - OLD.price_minor % 1000000000 * OLD.quantity) / 1000000000,
        worth_low = (worth_low - OLD.price_minor % 1000000000 * OLD.quantity) % 1000000000
    WHERE id = 0;
    UPDATE totals SET
        items = items - 1,
        quantity = quantity - OLD.quantity,
        worth_high = worth_high - OLD.price_minor / 1000000000 * OLD.quantity
            + (worth_low - OLD.price_minor % 1000000000 * OLD.quantity) / 1000000000,
        worth_low = (worth_low - OLD.price_minor % 1000000000 * OLD.quantity) % 1000000000
    WHERE id = OLD.store_id;
END;
CREATE TRIGGER items_updated_are_counted AFTER UPDATE OF store_id, price_minor, quantity ON items
WHEN NEW.store_id IS NOT OLD.store_id OR NEW.price_minor IS NOT OLD.price_minor OR NEW.quantity IS NOT OLD.quantity BEGIN
    UPDATE totals SET
        quantity = quantity + NEW.quantity - OLD.quantity,
        worth_high = worth_high + NEW.price_minor / 1000000000 * NEW.quantity - OLD.price_minor / 1000000000 * OLD.quantity
            + (worth_low + NEW.price_minor % 1000000000 * NEW.quantity - OLD.price_minor % 1000000000 * OLD.quantity) / 1000000000,
        worth_low =
            (worth_low + NEW.price_minor % 1000000000 * NEW.quantity - OLD.price_minor % 1000000000 * OLD.quantity) % 1000000000
    WHERE id = 0;
    UPDATE totals SET
        items = items - 1,
        quantity = quantity - OLD.quantity,
        worth_high = worth_high - OLD.price_minor / 1000000000 * OLD.quantity
            + (worth_low - OLD.price_minor % 1000000000 * OLD.quantity) / 1000000000,
        worth_low = (worth_low - OLD.price_minor % 1000000000 * OLD.quantity) % 1000000000
    WHERE id = OLD.store_id;
    UPDATE totals SET
        items = items + 1,
        quantity = quantity + NEW.quantity,
        worth_high = worth_high + NEW.price_minor / 1000000000 * NEW.quantity
            + (worth_low + NEW.price_minor % 1000000000 * NEW.quantity) / 1000000000,
        worth_low = (worth_low + NEW.price_minor % 1000000000 * NEW.quantity) % 1000000000
    WHERE id = NEW.store_id;
END;
