DROP TABLE price_currency;
