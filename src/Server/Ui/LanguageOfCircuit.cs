using System.Globalization;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace Serment.Server.Ui;

/// <summary>Gives what is not ours (axes of curves, comparisons of names) the culture that the person chose, for each thing he does.</summary>
internal sealed class LanguageOfCircuit(Texts texts) : CircuitHandler
{
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => activity =>
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = texts.Culture;
        return next(activity);
    };
}
