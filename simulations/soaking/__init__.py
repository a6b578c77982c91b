"""Small days full of trouble, one seed after another, until an invariant breaks or time is up."""
