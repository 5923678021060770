-- What the prices are in (ISO 4217), once it is known. Prices are whole numbers of its minor units, so with another currency
-- each of them would be another price.
CREATE TABLE price_currency (
    id   BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    code TEXT   NOT NULL
);
