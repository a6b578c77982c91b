"""Large problems cut into neighbourhoods, improved in parallel and joined again."""
